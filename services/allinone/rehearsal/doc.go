// Package rehearsal lets a person break the demo and watch the account stay balanced: it puts itself between the services and
// the servers, and makes faults there by name, each for a time, each counted by how often something has met it.
//
// It owns the network of the services ([Line]), what goes wrong at the index ([Index]), the archive ([Store]) and the source
// ([Source]), the list of faults ([Board]) and what the page shows of them. It does not own what comes of a fault: that is what
// the services are for.
package rehearsal
