/** All rules, and how Prometheus reads them. */
import { type Alert, type RecordingRule, runbookPath } from './alert.ts';
import { burnAlerts, recordingRules } from './burn-rate.ts';
import { causes } from './causes.ts';
import { gpuCauses } from './gpu/causes.ts';
import { gpuSlos } from './gpu/slos.ts';
import { type Slo, slos } from './slos.ts';

/** Of edge, cells and hosts. */
export const recordings: readonly RecordingRule[] = slos.flatMap(recordingRules);
export const alerts: readonly Alert[] = [...slos.flatMap(burnAlerts), ...causes];
/** Of regions' schedulers and GPU hosts, which a platform may be without. */
export const gpuRecordings: readonly RecordingRule[] = gpuSlos.flatMap(recordingRules);
export const gpuAlerts: readonly Alert[] = [...gpuSlos.flatMap(burnAlerts), ...gpuCauses];
export const allAlerts: readonly Alert[] = [...alerts, ...gpuAlerts];

/** By file in `rules/`. */
export function ruleFiles(): Record<string, string> {
  return {
    'slos.yml': file(slos.map(promise)),
    'causes.yml': file([group('cellbook causes', causes.map(alerting))]),
    'gpu-slos.yml': file(gpuSlos.map(promise)),
    'gpu-causes.yml': file([group('cellbook gpu causes', gpuCauses.map(alerting))]),
  };
}

/** A promise's alerts stand behind its recordings, in one group: they are evaluated in this order. */
const promise = (slo: Slo): string =>
  group(`cellbook ${slo.name}`, [...recordingRules(slo).map(recording), ...burnAlerts(slo).map(alerting)]);

const file = (groups: readonly string[]): string =>
  `# Written by ops/monitoring/write.ts: change slos.ts or causes.ts beside it (or in gpu/), and run that.\ngroups:\n${groups.join('')}`;

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
