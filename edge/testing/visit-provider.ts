/** What a browser does at the provider: signs in by its form, agrees, and follows its redirects. */

export interface Visit {
  /** Where the provider sends the browser back to, not followed. */
  back: string;
}

const hopsMax = 12;

/** `login` null: the person gives up there. */
export async function visitProvider(authorizationUrl: string, login: string | null): Promise<Visit> {
  const { origin } = new URL(authorizationUrl);
  const jar = new Map<string, string>();
  let [url, init]: [string, RequestInit] = [authorizationUrl, {}];
  for (let hop = 0; hop < hopsMax; hop++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    keepCookies(jar, answer);
    const location = answer.headers.get('location');
    const text = await answer.text();
    if (location) {
      const next = new URL(location, url);
      if (next.origin !== origin) return { back: next.href };
      [url, init] = [next.href, {}];
      continue;
    }
    const uid = /\/interaction\/([\w-]+)/.exec(url)?.[1] ?? /\/interaction\/([\w-]+)/.exec(text)?.[1];
    if (!uid) throw new Error(`the provider shows ${answer.status} ${text.slice(0, 300)}`);
    if (login === null) {
      [url, init] = [`${origin}/interaction/${uid}/abort`, {}];
      continue;
    }
    const prompt = /name="prompt" value="(\w+)"/.exec(text)?.[1] ?? 'login';
    const body = new URLSearchParams({ prompt, login, password: 'any' }).toString();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    [url, init] = [`${origin}/interaction/${uid}`, { method: 'POST', headers: form, body }];
  }
  throw new Error('the provider leads in circles');
}

function keepCookies(jar: Map<string, string>, answer: Response): void {
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/expires=Thu, 01 Jan 1970/i.test(line) || value === '') jar.delete(name);
    else jar.set(name, value);
  }
}
