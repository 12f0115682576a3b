/** The licences of the bundle's packages, in the three formats of JupyterLab's Help → Licenses. */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { PackageLicense } from './lab-data.ts';

export type LicenseFormat = 'json' | 'csv' | 'markdown';

export interface LicenseReport {
  text: string;
  contentType: string;
  extension: string;
}

const bundleName = 'JupyterLab';

export function licenseReport(
  licenses: readonly PackageLicense[],
  format: LicenseFormat,
  isFullText: boolean,
): LicenseReport {
  switch (format) {
    case 'json':
      return {
        text: JSON.stringify({ bundles: { [bundleName]: { packages: licenses } } }),
        contentType: 'application/json',
        extension: 'json',
      };
    case 'csv':
      return { text: csv(licenses), contentType: 'text/csv', extension: 'csv' };
    case 'markdown':
      return { text: markdown(licenses, isFullText), contentType: 'text/markdown', extension: 'md' };
    default:
      return assertNever(format);
  }
}

function csv(licenses: readonly PackageLicense[]): string {
  const header = ['bundle', 'name', 'versionInfo', 'licenseId', 'extractedText'];
  const rows = licenses.map((one) => [
    bundleName,
    one.name,
    one.versionInfo,
    one.licenseId,
    one.extractedText,
  ]);
  return [header, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function markdown(licenses: readonly PackageLicense[], isFullText: boolean): string {
  const packages = licenses.map((one) => {
    const heading = `## **${one.name}** \`${one.versionInfo}\` ${one.licenseId}\n`;
    return isFullText ? `${heading}\n\`\`\`\n${one.extractedText || 'no licence text'}\n\`\`\`\n` : heading;
  });
  return [`# ${bundleName}\n`, ...packages].join('\n');
}
