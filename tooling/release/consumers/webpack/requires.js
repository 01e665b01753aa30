const { clipByGlobalNorm } = require('@gradkit/clip-norm');
const { chain } = require('@gradkit/core');
const { sgd } = require('@gradkit/optimizers');
const { toOptimizer } = require('@gradkit/tfjs');
require('@tensorflow/tfjs-backend-cpu');
const tf = require('@tensorflow/tfjs-core');

tf.setBackend('cpu');
const variable = tf.variable(tf.tensor1d([0, 0]), true, 'w');
const transform = chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 }));
toOptimizer(transform).applyGradients({ w: tf.tensor1d([3, 4]) });
console.log(Array.from(variable.dataSync(), (value) => value.toFixed(3)).join());
