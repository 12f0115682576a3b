/** A shared organisation with two people in it, made as they would make it. */
import { z } from 'zod';
import type { TestUser } from './user.ts';

const cookieOf = (answer: Response): string => {
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (!cookie) throw new Error(`status ${answer.status} without a cookie`);
  return cookie;
};

/** Their cookies, with which they act in it. */
export async function shareOrganisation(
  origin: string,
  admin: TestUser,
  guest: TestUser,
): Promise<{ admin: string; guest: string }> {
  const post = (cookie: string, path: string, body: unknown) =>
    fetch(new URL(path, origin), {
      method: 'POST',
      headers: { origin, cookie, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
    });
  const made = await post(admin.cookie, '/v1/orgs', { name: 'Acme' });
  const { id } = z.object({ id: z.string() }).parse(await made.json());
  const acting = cookieOf(await post(admin.cookie, '/v1/session/organisation', { orgId: id }));
  const invited = await post(acting, `/v1/orgs/${id}/invitations`, { role: 'member' });
  const { url } = z.object({ url: z.url() }).parse(await invited.json());
  return { admin: acting, guest: cookieOf(await post(guest.cookie, new URL(url).pathname, {})) };
}
