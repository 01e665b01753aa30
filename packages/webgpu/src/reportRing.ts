import { bufferUsage, mapModeRead } from './bufferUsage.ts';

/** A row of numbers that is on its way from the device. */
interface Row {
  readonly length: number;
  readonly offset: number;
  resolve(values: Float32Array): void;
  reject(error: unknown): void;
}

interface Page {
  readonly buffer: GPUBuffer;
  rows: Row[];
  used: number;
}

/**
 * Brings rows of numbers back without anybody waiting: each row is copied into a page, pages are mapped in turn, and a row that comes
 * while all are on their way goes onto the page after them. A host that lets promises resolve now and then uses the same few pages
 * for ever; one that never does gets a new page whenever one is full.
 */
export interface ReportRing {
  /** Copies a row in the commands of a step. */
  take(
    encoder: GPUCommandEncoder,
    source: { buffer: GPUBuffer; offset: number; length: number },
  ): Promise<Float32Array>;
  /** To be called when the commands have been submitted. */
  submitted(): void;
  /** Takes no more rows. Those that are on their way still come, and each page is freed once it has come. */
  dispose(): void;
}

const pageWords = 1024;
const pagesOnTheirWay = 3;

/** Sets up a ring; pages are made when they are needed. */
export function createReportRing(device: GPUDevice): ReportRing {
  const free: Page[] = [];
  let filling: Page | undefined;
  let onTheirWay = 0;
  let isClosed = false;

  const newPage = (words: number): Page => {
    const buffer = device.createBuffer({
      label: 'gradkit reports',
      size: 4 * Math.max(words, pageWords),
      usage: bufferUsage.mapRead | bufferUsage.copyDestination,
    });
    return { buffer, rows: [], used: 0 };
  };

  /** The rows of a page once it has come; the page can be filled again. */
  const fetchPage = async (page: Page): Promise<() => void> => {
    const { rows, used } = page;
    await page.buffer.mapAsync(mapModeRead, 0, 4 * used);
    const words = new Float32Array(page.buffer.getMappedRange(0, 4 * used));
    const answers = rows.map((row) => ({
      row,
      values: words.slice(row.offset, row.offset + row.length),
    }));
    page.buffer.unmap();
    page.rows = [];
    page.used = 0;
    if (isClosed) page.buffer.destroy();
    else free.push(page);
    return () => answers.forEach(({ row, values }) => row.resolve(values));
  };

  const send = (page: Page): void => {
    if (filling === page) filling = undefined;
    onTheirWay++;
    const { rows } = page;
    const ended = (answer: () => void): void => {
      onTheirWay--;
      answer();
      // Rows that waited for a page to come wait no longer, however this one has ended.
      if (filling !== undefined && filling.rows.length > 0) send(filling);
    };
    fetchPage(page).then(ended, (error: unknown) => {
      page.buffer.destroy();
      ended(() => rows.forEach((row) => row.reject(error)));
    });
  };

  return {
    take: (encoder, { buffer, offset, length }) => {
      if (filling !== undefined && 4 * (filling.used + length) > filling.buffer.size) send(filling);
      const index = free.findIndex((page) => page.buffer.size >= 4 * length);
      filling ??= (index < 0 ? undefined : free.splice(index, 1)[0]) ?? newPage(length);
      const page = filling;
      const at = page.used;
      page.used += length;
      encoder.copyBufferToBuffer(buffer, offset, page.buffer, 4 * at, 4 * length);
      return new Promise((resolve, reject) => page.rows.push({ length, offset: at, resolve, reject }));
    },
    submitted: () => {
      if (filling !== undefined && onTheirWay < pagesOnTheirWay) send(filling);
    },
    dispose: () => {
      isClosed = true;
      if (filling !== undefined && filling.rows.length > 0) send(filling);
      for (const page of free) page.buffer.destroy();
      free.length = 0;
    },
  };
}
