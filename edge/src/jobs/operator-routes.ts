/** What operators see and set of a region's GPUs: described and guarded here, done by that region's scheduler. */
import {
  classOrderSchema,
  containedSchema,
  customerOrderSchema,
  gpuCustomerListSchema,
  gpuHostListSchema,
  hostOrderSchema,
  hostOrders,
  orderedSchema,
} from '@cellbook/shared/protocol/gpu-region-api.ts';
import type { Description, GuardedRoute } from '../edge-route.ts';
import { forwardTo } from './routes.ts';

const root = '/v1/gpu/:region';

const words: Record<(typeof hostOrders)[number], Pick<Description, 'id' | 'summary'>> = {
  quarantine: {
    id: 'quarantineGpuHost',
    summary: 'Keep jobs off a host until an operator releases it; what runs there goes on',
  },
  release: {
    id: 'releaseGpuHost',
    summary: 'Take a host back into use: one job at a time until three ended well',
  },
  drain: {
    id: 'drainGpuHost',
    summary: 'Give a host nothing new until it is released or its agent restarts',
  },
};

const answer: GuardedRoute['answer'] = ({ ask, identity, params }) =>
  forwardTo(ask, identity, params.region ?? '');

export const gpuOperatorRoutes: readonly GuardedRoute[] = [
  reads('hosts', {
    ...{ id: 'listGpuHosts', summary: 'Hosts, and what speaks against each' },
    answers: gpuHostListSchema,
  }),
  reads('contained', {
    ...{ id: 'listContained', summary: 'Classes of prompts that are limited, and versions being rolled out' },
    answers: containedSchema,
  }),
  reads('customers', {
    ...{ id: 'listGpuCustomers', summary: 'Organisations with jobs here, their weights and limits' },
    answers: gpuCustomerListSchema,
  }),
  ...hostOrders.map((order) =>
    orders('POST', `hosts/:hostId/${order}`, { ...words[order], body: hostOrderSchema }),
  ),
  orders('PUT', 'classes', {
    ...{ id: 'limitClass', summary: 'Limit a class of prompts, or let it run again' },
    body: classOrderSchema,
  }),
  orders('PUT', 'customers/:orgId', {
    ...{ id: 'setGpuCustomer', summary: 'An organisation’s weight inside its tier, and its jobs at once' },
    body: customerOrderSchema,
  }),
];

function reads(path: string, describes: Pick<Description, 'id' | 'summary' | 'answers'>): GuardedRoute {
  const guarded = { permission: 'gpu.read', about: 'platform' } as const;
  return {
    method: 'GET',
    path: `${root}/${path}`,
    ...guarded,
    describes: { ...describes, status: 200 },
    answer,
  };
}

function orders(
  method: 'POST' | 'PUT',
  path: string,
  describes: Pick<Description, 'id' | 'summary' | 'body'>,
): GuardedRoute {
  const guarded = { permission: 'gpu.manage', about: 'platform', byKey: 'scoped' } as const;
  const described: Description = { ...describes, status: 202, answers: orderedSchema };
  return { method, path: `${root}/${path}`, ...guarded, describes: described, answer };
}
