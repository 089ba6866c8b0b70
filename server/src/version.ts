/** Version of this build, from the package file. */
import { version } from "../package.json";

export const VERSION: string = version;
