/**
 * Who may use which route of the edge, written down a second time and by hand: a route that declares another
 * permission than is meant here, or none, fails the test (src/every-route.test.ts). A new route is a line here.
 *
 *   open                       anybody, strangers included
 *   permission of about        who has it by the table in shared/src/access/access.ts, on what is the caller's own, his
 *                              organisation's, or the platform's (an operator's alone)
 *   scoped, never              what a key may do beyond that: only one that names the scope; none at all
 */
export const routeTable = `
GET    /                                                  open
GET    /organisation                                      open
GET    /usage                                             open
GET    /account                                           open
GET    /join/*                                            open
POST   /join/*                                            open
GET    /signin                                            open
POST   /signin                                            open
GET    /signin/:provider                                  open
GET    /signin/:provider/callback                         open
POST   /signout                                           open
GET    /signed-out                                        open
GET    /open/:id                                          open
GET    /static/*                                          open
GET    /favicon.ico                                       open
GET    /healthz                                           open
GET    /metrics                                           open
GET    /device                                            open
POST   /device                                            key.write of caller, never
PUT    /pins                                              open
POST   /pins/show                                         open
POST   /pins/probe                                        open
POST   /cells/standing                                    open
POST   /regions/record                                    open
POST   /regions/budget                                    open
POST   /regions/user-budget                               open
POST   /regions/standing                                  open
POST   /regions/rights                                    open
POST   /cells/departures                                  open
POST   /cells/quota                                       open
POST   /cells/wake                                        open
POST   /cells/secrets                                     open
POST   /cells/secrets/held                                open
GET    /v1/edge-openapi.json                              open
GET    /v1/me                                             account.read of caller
GET    /v1/sessions                                       account.read of caller, never
DELETE /v1/sessions/:sessionId                            account.write of caller, never
POST   /v1/session/organisation                           account.write of caller, never
GET    /v1/orgs                                           account.read of caller
POST   /v1/orgs                                           account.write of caller, never
GET    /v1/orgs/:orgId                                    org.read of organisation
PATCH  /v1/orgs/:orgId                                    org.manage of organisation, scoped
PUT    /v1/orgs/:orgId/policy                             org.manage of platform
GET    /v1/orgs/:orgId/audit-policy                       org.read of organisation
PUT    /v1/orgs/:orgId/audit-policy                       org.manage of organisation, scoped
POST   /v1/orgs/:orgId/leave                              account.write of caller, never
GET    /v1/orgs/:orgId/members                            org.read of organisation
PATCH  /v1/orgs/:orgId/members/:userId                    org.manage of organisation, scoped
DELETE /v1/orgs/:orgId/members/:userId                    org.manage of organisation, scoped
GET    /v1/orgs/:orgId/invitations                        org.manage of organisation, scoped
POST   /v1/orgs/:orgId/invitations                        org.manage of organisation, scoped
DELETE /v1/orgs/:orgId/invitations/:invitationId          org.manage of organisation, scoped
GET    /v1/orgs/:orgId/teams                              org.read of organisation
POST   /v1/orgs/:orgId/teams                              org.manage of organisation, scoped
DELETE /v1/orgs/:orgId/teams/:teamId                      org.manage of organisation, scoped
PUT    /v1/orgs/:orgId/teams/:teamId/members/:userId      org.manage of organisation, scoped
DELETE /v1/orgs/:orgId/teams/:teamId/members/:userId      org.manage of organisation, scoped
GET    /v1/keys                                           key.read of caller
POST   /v1/keys                                           key.write of caller, scoped
DELETE /v1/keys/:id                                       key.write of caller, scoped
GET    /v1/tokens                                         key.read of caller
POST   /v1/tokens                                         key.write of caller, scoped
DELETE /v1/tokens/:id                                     key.write of caller, scoped
GET    /v1/orgs/:orgId/keys                               key.read of organisation
DELETE /v1/orgs/:orgId/keys/:id                           key.write of organisation, scoped
GET    /v1/orgs/:orgId/service-accounts                   key.read of organisation
POST   /v1/orgs/:orgId/service-accounts                   key.write of organisation, scoped
PATCH  /v1/orgs/:orgId/service-accounts/:id               key.write of organisation, scoped
GET    /v1/orgs/:orgId/service-accounts/:id/keys          key.read of organisation
POST   /v1/orgs/:orgId/service-accounts/:id/keys          key.write of organisation, scoped
POST   /v1/device/code                                    open
POST   /v1/device/token                                   open
GET    /v1/edge-audit                                     audit.read of caller
GET    /v1/edge-audit/export                              audit.read of caller
GET    /v1/edge-audit/chain                               audit.read of platform
GET    /v1/cells                                          cell.read of platform
PUT    /v1/org/secrets/:name                              org_secret.write of organisation
DELETE /v1/org/secrets/:name                              org_secret.write of organisation
GET    /v1/usage                                          workspace.list of caller
POST   /v1/jobs                                           job.submit of caller
POST   /v1/jobs/batch                                     job.submit of caller
GET    /v1/jobs                                           job.list of caller
GET    /v1/jobs/queue                                     job.list of caller
GET    /v1/jobs/webhook-key                               job.submit of caller
GET    /v1/jobs/:jobId                                    job.read of caller
POST   /v1/jobs/:jobId/cancel                             job.operate of caller
GET    /v1/jobs/:jobId/logs                               job.result of caller
GET    /v1/jobs/:jobId/events                             job.read of caller
GET    /v1/jobs/:jobId/result                             job.result of caller
GET    /v1/results/:region/:jobId/:name                   open
GET    /v1/gpu/:region/hosts                              gpu.read of platform
GET    /v1/gpu/:region/contained                          gpu.read of platform
GET    /v1/gpu/:region/customers                          gpu.read of platform
POST   /v1/gpu/:region/hosts/:hostId/quarantine           gpu.manage of platform, scoped
POST   /v1/gpu/:region/hosts/:hostId/release              gpu.manage of platform, scoped
POST   /v1/gpu/:region/hosts/:hostId/drain                gpu.manage of platform, scoped
PUT    /v1/gpu/:region/classes                            gpu.manage of platform, scoped
PUT    /v1/gpu/:region/customers/:orgId                   gpu.manage of platform, scoped
`
  .trim()
  .split('\n')
  .map((line) => line.replace(/\s+/g, ' '));
