import { decodeBits } from './decodeBits.ts';
import type { GoldenCase, GoldenLimits, GoldenSchedule, GoldenThrow, GoldenValues } from './goldenCase.ts';
import type { JsonReader } from './jsonReader.ts';

/** Decodes the cases of a file of transforms. @throws {Error} naming the place that does not have the format of README.md. */
export function decodeGoldenCases(file: string, content: JsonReader): GoldenCase[] {
  if (content.at('kind').text() === 'schedules') return [];
  return content
    .at('cases')
    .list()
    .map((json) => decodeCase(file, json));
}

/** Decodes the cases of a file of schedules. @throws {Error} as {@link decodeGoldenCases}. */
export function decodeGoldenSchedules(content: JsonReader): GoldenSchedule[] {
  if (content.at('kind').text() !== 'schedules') return [];
  return content.at('cases').list().map(decodeSchedule);
}

function decodeCase(file: string, json: JsonReader): GoldenCase {
  const expected = decodeOutcome(json.at('expected'));
  const verdict = json.at('verdict');
  const transform = json.at('transform');
  return {
    file,
    ...decodeHead(json),
    transform: { transform: transform.at('transform').text(), options: transform.at('options').object() },
    ...(json.has('onNonFinite') ? { onNonFinite: json.at('onNonFinite').oneOf(['throw']) } : {}),
    leaves: mapOf(json.at('leaves'), (leaf) => ({
      shape: leaf
        .at('shape')
        .list()
        .map((size) => size.number()),
      params: decodeBits(leaf.at('params').text()),
    })),
    steps: json
      .at('steps')
      .list()
      .map((step) => ({
        gradients: mapOf(step.at('gradients'), (bits) => (bits.isNull() ? null : decodeBits(bits.text()))),
      })),
    expected,
    ours: verdict.has('differs') ? decodeOutcome(verdict.at('ours')) : expected,
    limits: decodeLimits(verdict),
  };
}

function decodeSchedule(json: JsonReader): GoldenSchedule {
  const expected = decodeBits(json.at('expected').at('values').text());
  const verdict = json.at('verdict');
  const schedule = json.at('schedule');
  return {
    ...decodeHead(json),
    schedule: { schedule: schedule.at('schedule').text(), options: schedule.at('options').object() },
    steps: json
      .at('steps')
      .list()
      .map((step) => step.number()),
    expected,
    ours: verdict.has('differs') ? decodeBits(verdict.at('ours').at('values').text()) : expected,
    limits: decodeLimits(verdict),
  };
}

function decodeHead(json: JsonReader): Pick<GoldenCase, 'name' | 'source' | 'differs'> {
  const source = json.at('source');
  const verdict = json.at('verdict');
  if (verdict.has('same') === verdict.has('differs')) {
    throw new Error(`${verdict.place} must have either "same" or "differs".`);
  }
  return {
    name: json.at('name').text(),
    source: { library: source.at('library').text(), call: source.at('call').text() },
    ...(verdict.has('differs') ? { differs: verdict.at('differs').text() } : {}),
  };
}

function decodeOutcome(json: JsonReader): GoldenValues | GoldenThrow {
  if (json.has('throws')) return { throws: json.at('throws').text() };
  return {
    what: json.at('what').oneOf(['updates', 'params']),
    perStep: json
      .at('perStep')
      .list()
      .map((step) => ({
        step: step.at('step').number(),
        leaves: mapOf(step.at('leaves'), (bits) => decodeBits(bits.text())),
      })),
    ...(json.has('norm') ? { norm: decodeBits(json.at('norm').text())[0] ?? Number.NaN } : {}),
  };
}

function decodeLimits(verdict: JsonReader): GoldenLimits {
  if (!verdict.has('tolerance')) return { tolerance: 0, measure: 'bits' };
  return {
    tolerance: verdict.at('tolerance').number(),
    measure: verdict.at('measure').oneOf(['bits', 'entry', 'leaf']),
    ...(verdict.has('normTolerance') ? { normTolerance: verdict.at('normTolerance').number() } : {}),
  };
}

function mapOf<T>(json: JsonReader, decode: (value: JsonReader) => T): ReadonlyMap<string, T> {
  return new Map(json.entries().map(([key, value]) => [key, decode(value)]));
}
