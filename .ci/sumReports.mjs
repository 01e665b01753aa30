// Prints `N passed, N failed, N skipped`, summed from the JSON reports of every vitest run; fails if there is none.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const total = { passed: 0, failed: 0, skipped: 0 };
let reports = 0;
for (const file of findReports()) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  // A file that does not even load has no tests to count.
  total.failed += report.testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.length === 0,
  ).length;
  reports++;
}
if (reports === 0) console.error('No test report was written: no test has run.');
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(reports === 0 || total.failed > 0 ? 1 : 0);

function findReports() {
  return ['packages', 'apps', 'tooling']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}/reports`))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .filter((file) => file.endsWith('.json'));
}
