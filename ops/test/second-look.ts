/**
 * What failed among three thousand tests that share two processors is run once more, its files alone. A test
 * that passes then is counted as passed and named as unsteady at the end of the run, so that it is seen and
 * mended; one that fails twice has failed. Many failing files are no accident of timing: they get no second look.
 */
import type { Report } from './summary.ts';

/** More files than these fail together only when something is broken. */
const filesMax = 4;

type FileResult = Report['testResults'][number];

/** The files to run again; none when nothing failed, or too much. */
export function worthASecondLook(first: Report): string[] {
  const files = first.testResults.filter(hasFailed).map((file) => file.name);
  return files.length <= filesMax ? files : [];
}

/** `first` with what passed in `again` instead of its failures, and the names of the tests that this changed. */
export function afterSecondLook(first: Report, again: Report): { report: Report; unsteady: string[] } {
  const unsteady: string[] = [];
  const testResults = first.testResults.map((file) => {
    const second = again.testResults.find((one) => one.name === file.name);
    if (!hasFailed(file) || !second || hasFailed(second) || !hasAllOf(second, file)) return file;
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    unsteady.push(
      ...(failed.length > 0 ? failed : [{ fullName: 'as a whole' }]).map(
        (test) => `${file.name}: ${test.fullName.trim()}`,
      ),
    );
    return second;
  });
  return { report: { testResults }, unsteady };
}

function hasFailed(file: FileResult): boolean {
  return file.status === 'failed' || file.assertionResults.some((test) => test.status === 'failed');
}

/** A second run that has lost tests, or skipped one that failed, says nothing about them. */
function hasAllOf(second: FileResult, first: FileResult): boolean {
  const statuses = new Map(second.assertionResults.map((test) => [test.fullName, test.status]));
  const hasIt = ({ fullName, status }: FileResult['assertionResults'][number]) =>
    status === 'failed' ? statuses.get(fullName) === 'passed' : statuses.has(fullName);
  return statuses.size > 0 && first.assertionResults.every(hasIt);
}
