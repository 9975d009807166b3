// Package e2e tests the pipeline as a whole: the services' own Run functions from the simulator's stream to the index,
// the archive and the page, with every record counted. It holds tests only, and is a module of its own so that what
// they need never enters a service.
package e2e
