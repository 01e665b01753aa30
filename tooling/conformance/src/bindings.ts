export { bindingFuzz } from './bindingFuzz.ts';
export { bindingGoldens } from './bindingGoldens.ts';
export { bindingSuite, type BindingSuiteOptions } from './bindingSuite.ts';
export { tfjsSubject } from './tfjsSubject.ts';
