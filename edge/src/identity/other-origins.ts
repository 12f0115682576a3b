/** Signing someone in or out is a write, though no cookie is asked for: no other page may do it for them. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Ask } from '../ask.ts';
import { askerOf } from '../origins.ts';

export function refuseOtherOrigins({ request, url }: Ask): void {
  if (askerOf(request, url) === 'same-origin') return;
  throw new CellbookError('cross_origin', {
    doing: `${request.method} ${url.pathname}`,
    problem: 'another page, or a program that names no origin, has sent this form',
    next: `Use ${url.origin}/signin; a program sends "Origin: ${url.origin}".`,
  });
}
