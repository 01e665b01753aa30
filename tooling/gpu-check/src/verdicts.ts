import { duration, significant } from '@gradkit/bench/formatNumbers';
import type { GpuContest, GpuRow, GpuVerdict } from '@gradkit/bench/gpuReport';

const ours: ReadonlySet<string> = new Set(['gradkit-webgpu', 'gradkit-tfjs-webgpu']);

/** What the measurement says of itself, from the contests so far. */
export function verdictsOn(contests: readonly GpuContest[]): GpuVerdict[] {
  return [
    ...tenfold(contests),
    ...nothingTakesNothing(contests),
    ...stepsAreRight(contests),
    ...wallCoversGpu(contests),
  ];
}

/** By the two largest trees that are a factor of 10 apart. Caches and what a step costs whatever its size keep it from being 10. */
function tenfold(contests: readonly GpuContest[]): GpuVerdict[] {
  return ['copy', 'gradkit-webgpu'].flatMap((name) => {
    const pairs = contests.flatMap((large) =>
      contests
        .filter((small) => small.parameters * 10 === large.parameters && small.leaves === large.leaves)
        .map((small) => ({ small, large, from: timeOf(small, name), to: timeOf(large, name) })),
    );
    const last = pairs
      .filter(({ from, to }) => from !== undefined && to !== undefined)
      .toSorted((one, other) => other.large.parameters - one.large.parameters)[0];
    if (last?.from === undefined || last.to === undefined) return [];
    const ratio = last.to / last.from;
    // Ten times the work takes between twice and fifty times as long: less, and the time is not that of the work.
    return [
      {
        claim: `ten times the parameters take about ten times as long (${name})`,
        isOfTimes: true,
        isHeld: ratio >= 2 && ratio <= 50,
        found: `${last.large.name}: ${duration(last.to)}, ${last.small.name}: ${duration(last.from)}, ${significant(ratio)} times`,
      },
    ];
  });
}

/** Beside the longest step of those that move as many bytes, on the largest tree that was timed. */
function nothingTakesNothing(contests: readonly GpuContest[]): GpuVerdict[] {
  const largest = contests
    .filter((contest) => timeOf(contest, 'nothing') !== undefined && slowest(contest) > 0)
    .toSorted((one, other) => other.bytes - one.bytes)[0];
  if (largest === undefined) return [];
  const [nothing, work] = [timeOf(largest, 'nothing') ?? NaN, slowest(largest)];
  return [
    {
      claim: 'a kernel that does nothing takes next to no time',
      isOfTimes: true,
      isHeld: nothing <= work / 4,
      found: `${duration(nothing)} beside up to ${duration(work)} for a step of ${largest.name}`,
    },
  ];
}

/** A step that did nothing, or one too few, would show in the parameters. */
function stepsAreRight(contests: readonly GpuContest[]): GpuVerdict[] {
  const rows = contests.flatMap(({ name, rows: all }) => all.map((row) => ({ name, row })));
  const isOurs = ({ row }: (typeof rows)[number]): boolean => ours.has(row.contestant);
  const claims = [
    { claim: 'every timed step of ours was taken, and comes to what float64 gives', of: rows.filter(isOurs) },
    { claim: 'so does every timed step of the others', of: rows.filter((one) => !isOurs(one)) },
  ];
  return claims.flatMap(({ claim, of }) => {
    if (of.length === 0) return [];
    const wrong = of.filter(({ row }) => !row.result.isRight);
    const found = wrong.length === 0 ? `${of.length} ${of.length === 1 ? 'row' : 'rows'}` : listed(wrong);
    return [{ claim, isOfTimes: false, isHeld: wrong.length === 0, found }];
  });
}

function listed(wrong: readonly { readonly name: string; readonly row: GpuRow }[]): string {
  return wrong.map(({ name, row }) => `${row.label}, ${name}: ${row.result.text}`).join('; ');
}

/** The device's work lies within what the processor measures around it. */
function wallCoversGpu(contests: readonly GpuContest[]): GpuVerdict[] {
  const laps = contests.flatMap(({ rows }) => rows.flatMap((row) => row.laps));
  const timed = laps.flatMap(({ gpu, wall }) => (gpu === undefined ? [] : [{ gpu, wall }]));
  if (timed.length === 0) return [];
  const beyond = timed.filter(({ gpu, wall }) => gpu > wall * 1.02 + 0.2);
  return [
    {
      claim: "no lap takes longer by the device's clock than by the processor's around it",
      isOfTimes: true,
      isHeld: beyond.length === 0,
      found: `${timed.length - beyond.length} of ${timed.length} laps`,
    },
  ];
}

function timeOf({ rows }: GpuContest, name: string): number | undefined {
  const row = rows.find(({ contestant }) => contestant === name);
  return (row?.gpu ?? row?.wall)?.median;
}

function slowest(contest: GpuContest): number {
  return Math.max(0, ...['copy', 'gradkit-webgpu'].map((name) => timeOf(contest, name) ?? 0));
}
