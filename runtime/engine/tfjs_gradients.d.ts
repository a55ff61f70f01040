/** Bundled at build time from tfjs-core's own sources: registers every gradient and chained operation. */
export {}
