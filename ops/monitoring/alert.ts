/** An alert: somebody is to act. What he does first stands in its runbook. */

/** `page`: users feel it or will within the hour. `ticket`: within the working day. */
export type Severity = 'page' | 'ticket';

export interface Alert {
  name: string;
  expr: string;
  /** How long it has to hold. */
  forMinutes: number;
  severity: Severity;
  /** One sentence of what is wrong; `{{ $labels.cell }}` and the like are Prometheus's. */
  summary: string;
  /** The name of a file in ops/runbooks/alerts, without its end. */
  runbook: string;
}

export interface RecordingRule {
  record: string;
  expr: string;
}

export const runbookPath = (runbook: string): string => `ops/runbooks/alerts/${runbook}.md`;
