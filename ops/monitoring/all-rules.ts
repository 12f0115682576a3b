/** All rules, and how Prometheus reads them. */
import { type Alert, type RecordingRule, runbookPath } from './alert.ts';
import { burnAlerts, recordingRules } from './burn-rate.ts';
import { causes } from './causes.ts';
import { slos } from './slos.ts';

export const recordings: readonly RecordingRule[] = slos.flatMap(recordingRules);
export const alerts: readonly Alert[] = [...slos.flatMap(burnAlerts), ...causes];

/** By file in `rules/`. */
export function ruleFiles(): Record<string, string> {
  return {
    // A promise's alerts stand behind its recordings, in one group: they are evaluated in this order.
    'slos.yml': file(
      slos.map((slo) =>
        group(`cellbook ${slo.name}`, [
          ...recordingRules(slo).map(recording),
          ...burnAlerts(slo).map(alerting),
        ]),
      ),
    ),
    'causes.yml': file([group('cellbook causes', causes.map(alerting))]),
  };
}

const file = (groups: readonly string[]): string =>
  `# Written by ops/monitoring/write.ts: change slos.ts or causes.ts beside it, and run that.\ngroups:\n${groups.join('')}`;

const group = (name: string, rules: readonly string[]): string =>
  `  - name: ${name}\n    rules:\n${rules.join('')}`;

const recording = ({ record, expr }: RecordingRule): string =>
  `      - record: ${record}\n        expr: ${quoted(expr)}\n`;

const alerting = ({ name, expr, forMinutes, severity, summary, runbook }: Alert): string =>
  [
    `      - alert: ${name}`,
    `        expr: ${quoted(expr)}`,
    ...(forMinutes === 0 ? [] : [`        for: ${forMinutes}m`]),
    '        labels:',
    `          severity: ${severity}`,
    '        annotations:',
    `          summary: ${quoted(summary)}`,
    `          runbook: ${runbookPath(runbook)}`,
    '',
  ].join('\n');

/** As the formatter wants it: single quotes around double ones. Nothing here has both, or a backslash. */
const quoted = (text: string): string => (text.includes('"') ? `'${text}'` : `"${text}"`);
