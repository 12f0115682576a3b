import { expect, test } from 'vitest';
import { escapeHtml } from './escape-html.ts';

test('nothing that ends an element, an attribute or a text stays, and no text is escaped twice', () => {
  expect(escapeHtml(`<a href="x" title='y'>&amp;</a>`)).toBe(
    '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;',
  );
  expect(escapeHtml('Grüße, 世界')).toBe('Grüße, 世界');
});
