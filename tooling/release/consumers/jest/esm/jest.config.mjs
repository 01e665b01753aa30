export default { transform: {}, testMatch: ['**/*.test.mjs'], moduleFileExtensions: ['mjs', 'js'] };
