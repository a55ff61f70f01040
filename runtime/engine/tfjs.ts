/** tfjs-core with its gradients and chained operations, which its Node bundle leaves out; `npm run build` bundles them. */
import './tfjs_gradients.js'

export * as tf from '@tensorflow/tfjs-core'
