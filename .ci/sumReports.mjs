// Prints what failed, and `N passed, N failed, N skipped`, summed from the JSON reports of every vitest run: those of `test` lie in a
// package's `reports`, those of `test:all` in `reports/all`. Fails if a test failed, and if a package that has either script left no report
// of it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const folders = ['packages', 'apps', 'tooling']
  .filter((group) => existsSync(group))
  .flatMap((group) => readdirSync(group).map((name) => `${group}/${name}`))
  .filter((folder) => existsSync(`${folder}/package.json`));

const total = { passed: 0, failed: 0, skipped: 0 };
for (const folder of folders) {
  const { scripts = {} } = readJson(`${folder}/package.json`);
  for (const [script, place] of [
    ['test', `${folder}/reports`],
    ['test:all', `${folder}/reports/all`],
  ]) {
    const reports = existsSync(place) ? readdirSync(place).filter((name) => name.endsWith('.json')) : [];
    for (const name of reports) add(`${place}/${name}`);
    if (script in scripts && reports.length === 0) {
      console.error(`${folder} has a script ${script} and wrote no report of it`);
      total.failed++;
    }
  }
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function add(path) {
  const report = readJson(path);
  sayFailures(path, report);
  total.passed += report.numPassedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  // A file that does not load, or whose set-up throws, fails without a failed test.
  const lost = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
  ).length;
  total.failed += report.numFailedTests + lost;
  if (report.success === false && report.numFailedTests + lost === 0) total.failed++;
}

function sayFailures(path, { testResults }) {
  for (const { name, status, message, assertionResults } of testResults) {
    if (status !== 'failed') continue;
    console.log(`FAILED in ${path}: ${relative('.', name)} ${message ?? ''}`);
    for (const { status: outcome, fullName, failureMessages } of assertionResults) {
      if (outcome === 'failed')
        console.log(`FAILED: ${fullName}\n${failureMessages.join('\n').slice(0, 3000)}`);
    }
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
