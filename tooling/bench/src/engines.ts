import { referenceEngine, type Engine } from '@gradkit/core';

/** Gradkit's engines without a framework. A new one is a line here. */
export const engines: Readonly<Record<string, { label: string; open: () => Promise<Engine> }>> = {
  reference: { label: 'reference interpreter', open: async () => referenceEngine() },
};
