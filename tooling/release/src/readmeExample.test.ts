import { expect, test } from 'vitest';
import { readmeExample } from './readmeExample.ts';

const readme = `# x
## Install
\`\`\`sh
npm install x y
\`\`\`
## Example
\`\`\`ts
console.log(1 + 1); // 2
f(); // not printed
console.log(3); // prints: 3
// prints: 4
\`\`\`
\`\`\`ts
console.log('another'); // another
\`\`\`
`;

test('the command, the first block of code and what it prints are read', () => {
  const { install, code, prints } = readmeExample(readme);
  expect(install).toEqual(['x', 'y']);
  expect(code).toMatch(/^console.log\(1 \+ 1\)/);
  expect(prints).toEqual(['2', '3', '4']);
});

test.each([
  ['npm install', 'No line "npm install'],
  ['## Example', 'No block of ts'],
  ['// ', 'says nowhere'],
])('a README without %s is refused', (part, message) => {
  expect(() => readmeExample(readme.replaceAll(part, '-'))).toThrow(message);
});
