// Entry of a build step: tfjs-core's Node bundle has neither, and its sources cannot be loaded by Node unbundled.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js'
