/** What is asked of a browser's page, as Playwright has it. */
interface ProbePage {
  route(
    url: string,
    handler: (route: { fulfill(response: { body: string }): Promise<void> }) => Promise<void>,
  ): Promise<unknown>;
  goto(url: string): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Why pages of a browser have no WebGPU, or undefined where they have it. */
export async function missingInChromium(browser: {
  newPage(): Promise<ProbePage>;
}): Promise<string | undefined> {
  const page = await browser.newPage();
  try {
    // Only a page of a host that is trusted may ask.
    await page.route('**/*', async (route) => route.fulfill({ body: '<!doctype html>' }));
    await page.goto('http://localhost/');
    const found = await page.evaluate('navigator.gpu?.requestAdapter().then((adapter) => adapter !== null)');
    return found === true
      ? undefined
      : "this Chromium has no WebGPU adapter; Debian's chromium has SwiftShader.";
  } finally {
    await page.close();
  }
}
