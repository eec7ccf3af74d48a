// A life of a server as Terraform's provider and other programs in Go see it, by gophercloud: log in,
// look for image and flavor by name, create, poll, resize, confirm, migrate live, delete.
//
// The environment says where and who (OS_AUTH_URL …). Each step that went well is a line; the first
// that did not is the last line, and the exit status is 1.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/availabilityzones"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/extendedserverattributes"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/hypervisors"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/keypairs"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/limits"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/migrate"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/servergroups"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/services"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/extensions/tags"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/openstack/imageservice/v2/images"
	"github.com/gophercloud/gophercloud/openstack/networking/v2/networks"
)

const tries = 600

// A server with what administrators see of it besides.
type seen struct {
	servers.Server
	extendedserverattributes.ServerAttributesExt
}

func main() {
	provider := logIn()
	place := gophercloud.EndpointOpts{Region: "RegionOne"}
	compute := client(openstack.NewComputeV2(provider, place))
	look(compute)
	network(client(openstack.NewNetworkV2(provider, place)))
	image := imageCalled("blank", client(openstack.NewImageServiceV2(provider, place)))
	life(compute, image)
	fmt.Println("done")
}

func logIn() *gophercloud.ProviderClient {
	auth, err := openstack.AuthOptionsFromEnv()
	must("options", err)
	provider, err := openstack.AuthenticatedClient(auth)
	must("log in", err)
	return provider
}

func client(client *gophercloud.ServiceClient, err error) *gophercloud.ServiceClient {
	must("endpoint", err)
	return client
}

func look(compute *gophercloud.ServiceClient) {
	page, err := hypervisors.List(compute).AllPages()
	must("hypervisors", err)
	hosts, err := hypervisors.ExtractHypervisors(page)
	must(fmt.Sprintf("%d hypervisors", len(hosts)), err)
	page, err = services.List(compute, nil).AllPages()
	must("services", err)
	found, err := services.ExtractServices(page)
	must(fmt.Sprintf("%d services", len(found)), err)
	page, err = availabilityzones.ListDetail(compute).AllPages()
	must("zones", err)
	zones, err := availabilityzones.ExtractAvailabilityZones(page)
	must(fmt.Sprintf("zone %s", zones[0].ZoneName), err)
	_, err = limits.Get(compute, nil).Extract()
	must("limits", err)
	pair, err := keypairs.Create(compute, keypairs.CreateOpts{Name: "gopher"}).Extract()
	must("keypair", err)
	must("keypair "+pair.Name, keypairs.Delete(compute, pair.Name).ExtractErr())
	opts := servergroups.CreateOpts{Name: "gophers", Policies: []string{"anti-affinity"}}
	group, err := servergroups.Create(compute, opts).Extract()
	must("server group", err)
	must("server group "+group.Name, servergroups.Delete(compute, group.ID).ExtractErr())
}

func network(client *gophercloud.ServiceClient) {
	page, err := networks.List(client, networks.ListOpts{Name: "private"}).AllPages()
	must("networks", err)
	found, err := networks.ExtractNetworks(page)
	must(fmt.Sprintf("%d networks", len(found)), err)
	_, err = networks.Get(client, found[0].ID).Extract()
	must("network "+found[0].Name, err)
}

func imageCalled(name string, client *gophercloud.ServiceClient) string {
	page, err := images.List(client, images.ListOpts{Name: name}).AllPages()
	must("images", err)
	found, err := images.ExtractImages(page)
	must(fmt.Sprintf("%d images", len(found)), err)
	image, err := images.Get(client, found[0].ID).Extract()
	must("image "+image.Name, err)
	return image.ID
}

func life(compute *gophercloud.ServiceClient, image string) {
	sizes := flavorIds(compute)
	compute.Microversion = "2.37" // as Terraform asks for `network_mode = "none"`
	made, err := servers.Create(compute, servers.CreateOpts{
		Name:      "gopher",
		ImageRef:  image,
		FlavorRef: sizes["m1.tiny"],
		Networks:  "none",
		Metadata:  map[string]string{"by": "gophercloud"},
	}).Extract()
	must("create", err)
	compute.Microversion = "" // so 2.1 from here on, as Terraform
	id := made.ID
	server := waitFor(compute, id, "ACTIVE")
	check("flavor", server.Flavor["id"], sizes["m1.tiny"])
	check("metadata", server.Metadata["by"], "gophercloud")
	compute.Microversion = "2.26"
	must("tag", tags.Add(compute, id, "go").ExtractErr())
	marked, err := tags.List(compute, id).Extract()
	must(fmt.Sprintf("tags %v", marked), err)
	compute.Microversion = ""
	must("resize", servers.Resize(compute, id, servers.ResizeOpts{FlavorRef: sizes["m1.small"]}).ExtractErr())
	waitFor(compute, id, "VERIFY_RESIZE")
	must("confirm", servers.ConfirmResize(compute, id).ExtractErr())
	resized := waitFor(compute, id, "ACTIVE")
	check("flavor", resized.Flavor["id"], sizes["m1.small"])
	moveLive(compute, id, resized.HypervisorHostname)
	must("delete", servers.Delete(compute, id).ExtractErr())
	waitForGone(compute, id)
}

func flavorIds(compute *gophercloud.ServiceClient) map[string]string {
	page, err := flavors.ListDetail(compute, nil).AllPages()
	must("flavors", err)
	found, err := flavors.ExtractFlavors(page)
	must(fmt.Sprintf("%d flavors", len(found)), err)
	ids := map[string]string{}
	for _, flavor := range found {
		ids[flavor.Name] = flavor.ID
	}
	return ids
}

func moveLive(compute *gophercloud.ServiceClient, id, from string) {
	no := false
	opts := migrate.LiveMigrateOpts{BlockMigration: &no, DiskOverCommit: &no}
	must("live-migrate", migrate.LiveMigrate(compute, id, opts).ExtractErr())
	for i := 0; i < tries; i++ {
		server := get(compute, id)
		if server.Status == "ACTIVE" && server.HypervisorHostname != from {
			fmt.Println("moved")
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	must("moved", errors.New("it stayed on "+from))
}

func get(compute *gophercloud.ServiceClient, id string) seen {
	var server seen
	must("", servers.Get(compute, id).ExtractInto(&server))
	return server
}

func waitFor(compute *gophercloud.ServiceClient, id, status string) seen {
	for i := 0; i < tries; i++ {
		if server := get(compute, id); server.Status == status {
			fmt.Println(status)
			return server
		}
		time.Sleep(50 * time.Millisecond)
	}
	must(status, errors.New("it did not come about"))
	return seen{}
}

func waitForGone(compute *gophercloud.ServiceClient, id string) {
	for i := 0; i < tries; i++ {
		err := servers.Get(compute, id).Err
		if _, gone := err.(gophercloud.ErrDefault404); gone {
			fmt.Println("gone")
			return
		}
		must("", err)
		time.Sleep(50 * time.Millisecond)
	}
	must("gone", errors.New("it is still there"))
}

func check(what string, is, wanted interface{}) {
	if is != wanted {
		must(what, fmt.Errorf("it is %v, and should be %v", is, wanted))
	}
}

func must(step string, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", step, err)
		os.Exit(1)
	}
	if step != "" {
		fmt.Println(step)
	}
}
