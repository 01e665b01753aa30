import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { accumulate, chain, freeze, type GradientTransform, type Hyperparameters } from '@gradkit/core';
import { adam, sgd } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'vitest';
import {
  opByOp,
  register,
  toOptimizer,
  transformGradients,
  wrapOptimizer,
  type Binding,
  type GradkitMiddleware,
  type GradkitOptimizer,
} from './index.ts';

const clip = clipByGlobalNorm({ maxNorm: 1 });
const optimizer = toOptimizer(chain(clip, adam({ learningRate: 1 })), { binding: opByOp() });

expectTypeOf(optimizer).toEqualTypeOf<GradkitOptimizer>();
expectTypeOf(optimizer).toExtend<tf.Optimizer>();
expectTypeOf(optimizer.hyperparameters).toEqualTypeOf<Hyperparameters>();
expectTypeOf(opByOp()).toEqualTypeOf<Binding>();
optimizer.onReport(({ step, values }) =>
  expectTypeOf([step, values['x']]).toExtend<(number | undefined)[]>(),
);
expectTypeOf(optimizer.learningRate).toEqualTypeOf<number>();
optimizer.learningRate = 0.1;
optimizer.learningRate = (step) => 0.1 / (step + 1);
// @ts-expect-error not a rate
optimizer.learningRate = '0.1';
// @ts-expect-error it has no such property
optimizer.lr = 0.1;
// @ts-expect-error one is assigned to, they are not replaced
optimizer.hyperparameters = {};
optimizer.applyGradients({ w: null, v: tf.scalar(1) });
optimizer.applyGradients([{ name: 'w', tensor: undefined }]);

toOptimizer(accumulate(sgd({ learningRate: 1 }), { every: 2 }));
// @ts-expect-error gradients, added to the parameters, climb the loss
toOptimizer(clip);
// @ts-expect-error so do gradients of which some are left out
toOptimizer(chain(clip, freeze({ rank: 1 })));
// @ts-expect-error an unknown option
toOptimizer(sgd({ learningRate: 1 }), { bindings: opByOp() });
// @ts-expect-error not one of the two ways
toOptimizer(sgd({ learningRate: 1 }), { onNonFinite: 'skip' });

expectTypeOf(wrapOptimizer(tf.train.adam(1), clip)).toEqualTypeOf<GradkitMiddleware>();
wrapOptimizer(tf.train.adam(1), clip).learningRate = 0.1;
// @ts-expect-error the optimizers of TensorFlow.js take numbers
wrapOptimizer(tf.train.adam(1), clip).learningRate = (step) => 0.1 / (step + 1);
// @ts-expect-error an optimizer before an optimizer
wrapOptimizer(tf.train.adam(1), adam({ learningRate: 1 }));
// @ts-expect-error the wrong way round
wrapOptimizer(clip, tf.train.adam(1));

const { grads } = tf.variableGrads(() => tf.scalar(1));
const clipped = transformGradients(clip, grads, { step: 3 });
expectTypeOf(clipped).toEqualTypeOf<Record<string, tf.Tensor>>();
tf.train.sgd(1).applyGradients(clipped);

register(tf, { transforms: { clipByGlobalNorm, adam }, binding: opByOp() });
// @ts-expect-error a factory, not a transform
register(tf, { transforms: { clip } });

expectTypeOf<Parameters<typeof toOptimizer>[0]>().toExtend<GradientTransform>();
