// Command provision makes topics, index templates, bucket and dashboards for the pipeline.
package main

import (
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/provision"
	"catsvdogs/services/provision/credentials"
)

func main() {
	if service.Command("credentials") != "" {
		service.Once(config.Program{
			Name:  "provision credentials",
			About: "Makes the passwords, keys and certificates by which the parts of the compose stack know each other, at the first start, and gives each part those that it needs, in files that only its user can read. Prints no secret but what --show asks for.",
		}, credentials.Run)
		return
	}
	service.Once(config.Program{
		Name:  "provision",
		About: "Makes what the services expect to find: topics, index templates, bucket and, with --kibana-url, dashboards. Waits for the servers, prints a line for each thing made, found, changed or different, and can be run again and again: it takes nothing away. Exits with 0 only when everything is there. 'provision credentials --help' is about the passwords of the compose stack.",
	}, provision.Run)
}
