import { chromium } from 'playwright';
import { createServer } from 'node:http';
import sirv from 'sirv';
const [,, what = 'all', hash = '', wait = '6000'] = process.argv;
const serve = sirv('dist', { dev: true });
const server = createServer((q, r) => { r.setHeader('Content-Security-Policy', "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"); serve(q, r, () => { r.statusCode = 404; r.end(); }); }).listen(0);
await new Promise((r) => server.once('listening', r));
const url = `http://localhost:${server.address().port}/#${hash}`;
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-background-networking', '--enable-unsafe-webgpu'] });
for (const [name, opt] of Object.entries({ light: { colorScheme: 'light', viewport: { width: 1200, height: 900 } }, dark: { colorScheme: 'dark', viewport: { width: 1200, height: 900 } }, phone: { colorScheme: 'light', viewport: { width: 375, height: 800 }, deviceScaleFactor: 2 } })) {
  if (what !== 'all' && what !== name) continue;
  const page = await browser.newPage(opt);
  page.on('console', (m) => console.log(name, m.type(), m.text()));
  page.on('pageerror', (e) => console.log(name, 'ERR', e.message));
  await page.goto(url);
  await page.waitForTimeout(Number(wait));
  console.log(await page.locator('.badge summary').innerText(), '|', (await page.locator('.verdict').allInnerTexts()).join(' | '), '|', (await page.locator('.badge li').allTextContents()).map((s) => s.replace(/\s+/g, ' ')).join(' / '));
  console.log('overflow', await page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
  await page.screenshot({ path: `/tmp/shot-${name}.png`, fullPage: true });
  await page.close();
}
await browser.close(); server.close();
