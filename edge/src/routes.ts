/**
 * Every route of the main host that the edge answers itself, as one table: hosts/main.ts builds the server from
 * it, and the test of who may do what tries each row. Whatever else lies under /v1 is forwarded to the cell.
 */
import { asset } from './assets.ts';
import { auditRoutes } from './audit/routes.ts';
import { cellRoutes } from './cells/cell-routes.ts';
import { departureRoutes } from './departures/routes.ts';
import { devicePages, deviceRoutes } from './device/routes.ts';
import type { EdgeRoute } from './edge-route.ts';
import { answerHealth, answerMetrics } from './health.ts';
import { consolePage } from './hosts/console-page.ts';
import { beginSignIn, finishSignIn } from './identity/oidc/sign-in.ts';
import { openWorkspace } from './identity/open.ts';
import { accountRoutes } from './identity/routes.ts';
import { signIn, signInPage } from './identity/sign-in.ts';
import { signedOutPage, signOut } from './identity/sign-out.ts';
import { gpuOperatorRoutes } from './jobs/operator-routes.ts';
import { jobRoutes } from './jobs/routes.ts';
import { keyRoutes } from './keys/routes.ts';
import { openApi } from './openapi/document.ts';
import { join, joinPage } from './orgs/join-page.ts';
import { orgRoutes } from './orgs/routes.ts';
import { parkingRoutes } from './parking/routes.ts';
import { pinRoutes } from './pins/pin-routes.ts';
import { regionRoutes } from './regions/routes.ts';
import { json } from './responses/json.ts';
import { bringRoutes } from './secrets/bring-routes.ts';
import { secretRoutes } from './secrets/routes.ts';
import { shareRoutes } from './shares/routes.ts';
import { standingRoutes } from './standing/routes.ts';
import { usageRoutes } from './usage/routes.ts';

/** Pages: each is open, or sends who is not signed in to the page where one signs in. */
export const pageRoutes: readonly EdgeRoute[] = [
  { ...page('/', 'sends strangers to the sign-in'), answer: ({ ask }) => consolePage(ask, 'index.html') },
  {
    ...page('/organisation', 'sends strangers to the sign-in'),
    answer: ({ ask }) => consolePage(ask, 'organisation.html'),
  },
  {
    ...page('/usage', 'sends strangers to the sign-in'),
    answer: ({ ask }) => consolePage(ask, 'usage.html'),
  },
  {
    ...page('/account', 'sends strangers to the sign-in'),
    answer: ({ ask }) => consolePage(ask, 'account.html'),
  },
  {
    // No named part: the audit log keeps those, and this one holds the link's secret.
    ...page('/join/*', 'sends strangers to the sign-in; the link itself is the permission'),
    answer: ({ ask }) => joinPage(ask),
  },
  {
    method: 'POST',
    path: '/join/*',
    open: 'sends strangers to the sign-in; the link itself is the permission',
    gated: true,
    answer: ({ ask }) => join(ask),
  },
  { ...page('/signin', 'it is where one signs in'), answer: ({ ask }) => signInPage(ask) },
  {
    method: 'POST',
    path: '/signin',
    open: 'it is where one signs in',
    gated: true,
    answer: ({ ask }) => signIn(ask),
  },
  {
    ...page('/signin/:provider', 'it is where one signs in'),
    gated: true,
    answer: ({ ask, params }) => beginSignIn(ask, params.provider ?? ''),
  },
  {
    ...page('/signin/:provider/callback', 'the answer of a provider to an attempt of this browser'),
    gated: true,
    answer: ({ ask, params }) => finishSignIn(ask, params.provider ?? ''),
  },
  {
    method: 'POST',
    path: '/signout',
    open: 'ends the session it is sent with, if any',
    gated: true,
    answer: ({ ask }) => signOut(ask),
  },
  {
    ...page('/signed-out', 'it is for those who have just signed out'),
    gated: true,
    answer: ({ ask }) => signedOutPage(ask),
  },
  {
    ...page('/open/:id', 'asks the cell as the caller, which decides'),
    answer: ({ ask, params }) => openWorkspace(ask, params.id ?? ''),
  },
  { ...page('/static/*', 'files that are the same for everybody'), answer: ({ ask }) => asset(ask) },
  {
    ...page('/favicon.ico', 'a file that is the same for everybody'),
    answer: ({ ask }) => asset(ask, '/static/console/favicon.svg'),
  },
  { ...page('/healthz', 'tells of no user'), answer: ({ ask }) => answerHealth(ask) },
  { ...page('/metrics', 'tells of no user'), answer: ({ ask }) => answerMetrics(ask) },
  ...devicePages,
  ...pinRoutes,
  ...standingRoutes,
  ...regionRoutes,
  ...departureRoutes,
  ...shareRoutes,
  ...parkingRoutes,
  ...bringRoutes,
];

export const apiRoutes: readonly EdgeRoute[] = [
  {
    ...page('/v1/edge-openapi.json', 'it describes the routes and tells of no user'),
    answer: () => json(openApi(apiRoutes)),
  },
  ...accountRoutes,
  ...orgRoutes,
  ...keyRoutes,
  ...deviceRoutes,
  ...auditRoutes,
  ...cellRoutes,
  ...secretRoutes,
  ...usageRoutes,
  ...jobRoutes,
  ...gpuOperatorRoutes,
];

function page(path: string, open: string) {
  return { method: 'GET', path, open } as const;
}
