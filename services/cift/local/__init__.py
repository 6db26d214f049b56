"""A whole exchange on one machine: engines from wheels, and a supervisor; see `mesh.LocalMesh`."""
