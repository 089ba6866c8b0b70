/** Stands for a stylesheet: jsdom draws nothing. */
module.exports = {};
