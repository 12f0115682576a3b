/** The routes by which a command line is let in. */
import type { EdgeRoute } from '../edge-route.ts';
import { answerDevice, devicePage } from './confirm.ts';
import { beginDevice, pollDevice } from './endpoints.ts';

export const devicePages: readonly EdgeRoute[] = [
  {
    method: 'GET',
    path: '/device',
    open: 'sends strangers to the sign-in',
    gated: true,
    answer: ({ ask }) => devicePage(ask),
  },
  {
    method: 'POST',
    path: '/device',
    permission: 'key.write',
    about: 'caller',
    byKey: 'never',
    answer: ({ ask, identity }) => answerDevice(ask, identity),
  },
];

export const deviceRoutes: readonly EdgeRoute[] = [
  {
    method: 'POST',
    path: '/v1/device/code',
    open: 'a command line is nobody yet; a person decides about it',
    gated: true,
    answer: ({ ask }) => beginDevice(ask),
  },
  {
    method: 'POST',
    path: '/v1/device/token',
    open: 'the device code is the permission',
    answer: ({ ask }) => pollDevice(ask),
  },
];
