/** tfjs-core with its gradients and chained operations, which its Node bundle leaves out; `npm run build` bundles them. */
export * as tf from '@tensorflow/tfjs-core'

// After tfjs-core: whichever copy of its classes is loaded first makes every tensor, and this one lacks some methods.
import './tfjs_gradients.js'
