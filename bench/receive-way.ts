/** The option `--receive` of the benches that receive: to compare both ways in turn. */
import { RECEIVE_WAYS, type ReceiveWay } from "../server/src/collect/receive-socket.ts";

export function receiveWay(name: string): ReceiveWay {
  const way = RECEIVE_WAYS.find((each) => each === name);
  if (way === undefined) throw new RangeError(`--receive wants one of ${RECEIVE_WAYS.join(", ")}, not ${name}`);
  return way;
}
