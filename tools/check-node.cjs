// Exits with one line if Node is older than package.json requires. Uses old syntax and no packages.
var minimum = /\d+\.\d+/.exec(require('../package.json').engines.node)[0];
var wanted = minimum.split('.').map(Number);
var actual = process.versions.node.split('.').map(Number);

if (actual[0] < wanted[0] || (actual[0] === wanted[0] && actual[1] < wanted[1])) {
  console.error(`customer-journey needs Node ${minimum} or newer. This is Node ${process.versions.node}.`);
  process.exit(78);
}
