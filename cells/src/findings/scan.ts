/** Looks for credentials in one file by a maintained set of rules (secretlint's recommended ones). */
import { isUtf8 } from 'node:buffer';
import { limits } from '@cellbook/shared/limits.ts';
import type { Finding } from '@cellbook/shared/protocol/findings-api.ts';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { isObject } from '../contents/json.ts';
import { hintOf } from './hint.ts';
import { type Match, matchesOfMore } from './more-rules.ts';
import { Passages } from './passages.ts';

export interface SavedFile {
  /** As in the contents API. */
  path: string;
  bytes: Uint8Array;
}

const presetName = '@secretlint/secretlint-rule-preset-recommend';
const options = {
  config: { rules: [{ id: presetName, rule: creator, rules: [], options: {} }] },
  noPhysicFilePath: true,
  maskSecrets: true,
};

/** In the order of the file; nothing in what is no text. */
export async function scanFile({ path, bytes }: SavedFile): Promise<Finding[]> {
  if (!isUtf8(bytes)) return [];
  const passages = passagesOf(path, new TextDecoder().decode(bytes));
  const content = passages.text;
  const source = { filePath: path, content, ext: '.py', contentType: 'text' as const };
  const { messages } = await lintSource({ source, options });
  const matches = [...messages.map(matchOf), ...matchesOfMore(content)];
  const found = new Map<string, Finding>();
  for (const { rule, start, end } of matches.sort((one, other) => one.start - other.start)) {
    if (found.size >= limits.findings.perFileMax) break;
    const finding = { rule, ...passages.placeOf(start), hint: hintOf(content.slice(start, end)) };
    found.set(JSON.stringify(finding), finding);
  }
  return [...found.values()];
}

function matchOf(message: { ruleId: string; messageId: string; range: readonly [number, number] }): Match {
  const [start, end] = message.range;
  return { rule: `${message.ruleId.replace(/^.*secretlint-rule-/, '')}/${message.messageId}`, start, end };
}

function passagesOf(path: string, text: string): Passages {
  const notebook = path.endsWith('.ipynb') ? parsed(text) : null;
  return isObject(notebook) ? Passages.ofNotebook(notebook) : Passages.ofText(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
