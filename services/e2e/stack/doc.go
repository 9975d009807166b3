// Package stack tests the containers: the compose files, the Dockerfiles and .env.example as they are written, always, and
// the stack as it runs, from outside, when STACK=1 says that it is up (make up, then make test-stack). It holds tests only.
package stack
