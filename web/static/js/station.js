// The pages' script: each part looks for its own elements and does nothing where there are none.
import { startActs } from "./acts.js";
import { startClocks } from "./clocks.js";
import { startDialogs } from "./dialogs.js";
import { startKeypads } from "./keypad.js";
import { startKits } from "./kits.js";
import { startLog } from "./log.js";
import { startPictures } from "./picture.js";
import { startPrinting } from "./print.js";
import { startPulse } from "./pulse.js";
import { startRemembering } from "./remember.js";
import { startRegions } from "./regions.js";
import { startScanner } from "./scanner.js";
import { startSounds } from "./sounds.js";

startSounds();
startClocks();
startRegions();
startActs();
startDialogs();
startKeypads();
startKits();
startPictures();
startScanner();
startLog();
startRemembering();
startPrinting();
startPulse();
