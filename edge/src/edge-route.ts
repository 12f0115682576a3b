/**
 * A route that the edge itself answers: who may use it is said here, in its row, and judged by authorise.ts
 * before `answer` runs. What is not in routes.ts is the cell's, which has a gate of the same kind.
 */
import type { Permission } from '@cellbook/shared/access/permissions.ts';
import type { z } from 'zod';
import type { Ask } from './ask.ts';
import type { Identity } from './identity/identity.ts';

/**
 * Whose the thing is that a route is about. `organisation`: the one in the path (`:orgId`), or the caller's own
 * where the path names none; another than the one he acts in is foreign. `platform`: an operator's alone.
 */
export type About = 'caller' | 'organisation' | 'platform';

export interface Call {
  ask: Ask;
  /** The parts of the path that it names. */
  params: Record<string, string>;
}

interface Row {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  /** What edge/openapi.json says of it; a page has none. */
  describes?: Description;
}

export interface Description {
  /** The name of the function in generated clients: `listMembers`. */
  id: string;
  summary: string;
  body?: z.ZodType;
  query?: z.ZodObject;
  /** The answer when it went well; refusals are the same everywhere. Null: it has no body. */
  status: 200 | 201 | 202 | 204;
  answers: z.ZodType | null;
}

export interface GuardedRoute extends Row {
  permission: Permission;
  open?: undefined;
  about: About;
  /**
   * What a key may do here beyond what `decide` says. `scoped`: only one that carries the scope by name, so that
   * a leaked client's key without a restriction does not reach so far. `never`: a person signed in.
   */
  byKey?: 'scoped' | 'never';
  answer(call: Call & { identity: Identity }): Response | Promise<Response>;
}

export interface OpenRoute extends Row {
  /** Why anybody may ask. */
  open: string;
  /** Counted by address (identity/sign-in-gate.ts) before anything is done, or recorded, for a stranger. */
  gated?: true;
  /** Records what it does itself, once it knows that it is no stranger who asks. */
  recordsItself?: true;
  permission?: undefined;
  answer(call: Call): Response | Promise<Response>;
}

export type EdgeRoute = GuardedRoute | OpenRoute;
