/**
 * A thread beside a stage: when the controller is gone it kills the whole process group. The main thread would
 * notice by itself, but not while native code keeps it busy for minutes.
 */
import { workerData } from 'node:worker_threads'

setInterval(() => {
  if (process.ppid !== workerData) process.kill(-process.pid, 'SIGKILL')
}, 250)
