/** HTML by a tagged template: every value is escaped unless it is HTML itself. */
import { escapeHtml } from '@cellbook/shared/escape-html.ts';

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export function html(strings: TemplateStringsArray, ...values: (string | Html | null)[]): Html {
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) {
    text += (value instanceof Html ? value.text : escapeHtml(value ?? '')) + (strings[index + 1] ?? '');
  }
  return new Html(text);
}

/** A small page: one card in the middle. Its styles are the console's. */
export function cardPage(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Cellbook</title>
<link rel="icon" href="/static/console/favicon.svg">
<link rel="stylesheet" href="/static/console/console.css">
</head>
<body class="card-page">
<main class="card">
<p class="brand"><img src="/static/console/favicon.svg" alt="" width="28" height="28"> Cellbook</p>
${body}
</main>
</body>
</html>
`;
}

export function pageResponse(page: Html, status = 200): Response {
  return new Response(page.text, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  });
}
