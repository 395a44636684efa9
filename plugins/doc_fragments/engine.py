# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What modules share in their documentation: the engine's options."""

    DOCUMENTATION = r"""
options:
  engine_version:
    description:
      - Version of the engine's package, exact or a series such as V(26.1). Without it, an installed engine is kept
        and a missing one is installed in the newest version of its source.
    type: str
  package_source:
    description:
      - Where the engine's packages come from. An engine that came from another source is never swapped; declare it
        absent first, its data stays.
    version_added: "0.3.0"
    type: dict
    default: {}
    suboptions:
      kind:
        description:
          - V(distribution) is the machine's own package sources.
          - V(docker) is Docker's repository, signed with a key whose fingerprint is known here. V(mirror) is a
            repository like it at another place. Only the engine's packages are ever taken from them.
          - V(offline) is package files with checksums, and nothing else.
        type: str
        choices: [distribution, docker, mirror, offline]
        default: distribution
      url:
        description:
          - URL of the repository, without user, password and query, as others can read it. Required for V(mirror).
        type: str
      suite:
        description:
          - Suite of the repository. The default is the machine's release, such as V(trixie).
        type: str
      component:
        description:
          - Component of the repository. The default is V(stable).
        type: str
      key_url:
        description:
          - URL of the repository's key. The default is C(gpg) at the repository's URL.
        type: str
      key_fingerprint:
        description:
          - Fingerprints of the keys that may be in that file. A file with any other key is refused. The default is
            Docker's own key.
        type: list
        elements: str
      packages:
        description:
          - The packages to install, one engine among them. The default is Docker's own set.
        type: list
        elements: str
      files:
        description:
          - The package files of V(offline).
        type: list
        elements: dict
        suboptions:
          url:
            description:
              - Where the file is fetched from, without user, password and query. Or give a path.
            type: str
          path:
            description:
              - Where the file is on the machine already.
            type: str
          sha256:
            description:
              - Its SHA-256. Nothing is installed when one differs.
            type: str
            required: true
      managed_identity:
        description:
          - The machine's identity that may read the files from Azure's storage, V(system) or a client id.
        type: str
      allow_untested_platform:
        description:
          - Whether to go on where only the package manager is known (dnf, tdnf, zypper), but nothing was ever tested.
        type: bool
        default: false
  remote_access:
    description:
      - V(tls) is a TCP listener with complete mutual TLS on the machine's own address.
      - V(ssh) and V(none) mean that there is no TCP listener, and no key for one. With V(ssh), clients come as
        C(docker -H ssh://USER@HOST), with a user who is in the group C(docker).
    version_added: "0.3.0"
    type: str
    choices: [tls, ssh, none]
    default: tls
  key_type:
    description:
      - Type of the private keys that the machine makes. A key that is there keeps its type until it is replaced.
    version_added: "0.3.0"
    type: str
    choices: [EC-P256, EC-P384, RSA-3072, RSA-4096, Ed25519]
    default: EC-P256
  rekey:
    description:
      - SHA-256 (hex) of the public key that is to be replaced, as M(bulwark.azure_docker.docker_tls) returns it for a
        host whose key is due. The machine makes the next key beside it, reports its signing request and goes on
        serving. The leaf for the next key puts it in force, with one restart.
    version_added: "0.3.0"
    type: str
  restart:
    description:
      - When the daemon is restarted for what it reads at its start only. What it can reload is reloaded at once.
      - V(now) restarts it, if one is due. V(deferred) and V(never) leave that to a later run with V(now), or to
        somebody else, and report why a restart is due.
    version_added: "0.3.0"
    type: str
    choices: [now, deferred, never]
    default: now
  daemon_options:
    description:
      - Options for C(daemon.json). They are merged with what others wrote there; ours win, and what they covered comes
        back once they are withdrawn. The daemon judges the result before it counts.
      - The listener's keys (C(hosts), C(tls...)) are refused, as they would contradict the drop-in. So is a key that is
        also a flag of the service's start command.
      - Where C(live-restore) becomes true, it takes effect before a restart, so that containers survive that one too.
    version_added: "0.3.0"
    type: dict
    default: {}
  protected_daemon_options:
    description:
      - The same for values that nobody else may read, such as the password of a proxy. The whole declaration then
        travels as a protected setting, C(daemon.json) is closed (0600), and no diff shows the values.
    version_added: "0.3.0"
    type: dict
    default: {}
  group_members:
    description:
      - Users who shall be in the group C(docker). Each of them is as good as root on the machine.
    version_added: "0.3.0"
    type: list
    elements: str
    default: []
  group_exclusive:
    description:
      - Whether members that are not declared leave the group. Otherwise they are reported as a finding.
    version_added: "0.3.0"
    type: bool
    default: false
  compose_projects:
    description:
      - Compose projects on this engine. Their files lie in C(/var/lib/bulwark-azure-docker/compose/NAME), for root
        only.
      - A project is brought up when its files differ, when a service has another configuration, other replicas, or
        other contents of its configs, secrets and mounted files, when a container has ended that should run, and when
        there are containers of a service that is not declared. What is unhealthy or paused is a finding.
      - Needs the plugin C(docker compose) of version 2 or later, which is installed where it lacks.
      - A project that is not declared any more goes on running and is a finding.
    version_added: "0.3.0"
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the project.
        type: str
        required: true
      state:
        description:
          - V(absent) removes containers, networks and our files, but no volumes without
            O(compose_projects[].remove_volumes=true).
        type: str
        choices: [present, absent]
        default: present
      files:
        description:
          - Texts of the project's files, by name, without directories. Required with
            O(compose_projects[].state=present).
          - Those called C(compose*.yaml), C(docker-compose*.yaml), or C(.yml), are merged, C(compose.yaml) first and
            the others in the order of their names. The rest lies beside them, for C(env_file), C(configs) and mounts.
          - Others than root cannot read them, in containers neither; C(content) of C(configs) is for those.
        type: dict
        default: {}
      environment:
        description:
          - Variables for the Compose files. They are all that Compose is given besides O(compose_secret_environment),
            nothing of the machine's own environment.
        type: dict
        default: {}
      pull:
        description:
          - V(missing) pulls images that are not there, or what C(pull_policy) of a service says.
          - V(always) and V(never) say so for all, whenever the project is brought up. A tag that has moved in the
            registry is no change by itself.
        type: str
        choices: [missing, always, never]
        default: missing
      adopt:
        description:
          - Take over a project of this name that somebody else brought up. Otherwise that is refused.
        type: bool
        default: false
      remove_volumes:
        description:
          - With O(compose_projects[].state=absent), also delete the project's volumes.
        type: bool
        default: false
      wait_seconds:
        description:
          - How long the containers may take until they run, and are healthy if they have a health check.
        type: int
        default: 300
  compose_secret_environment:
    description:
      - More variables, by the name of the project, for values that nobody else may read. They are in the environment
        of C(docker compose) only, and in no file of ours. The engine itself keeps what a service's C(environment) is
        given.
      - The whole declaration then travels as a protected setting.
    version_added: "0.3.0"
    type: dict
    default: {}
  registry_logins:
    description:
      - Logins to registries for the pulls of O(compose_projects), of this run only. They are kept in memory, and
        removed at the end. Another login alone brings no project up.
      - They travel as a protected setting.
    version_added: "0.3.0"
    type: list
    elements: dict
    default: []
    suboptions:
      registry:
        description:
          - C(HOST) or C(HOST:PORT), as in the names of its images; V(docker.io) for Docker Hub.
        type: str
        required: true
      username:
        description:
          - Name of the user.
        type: str
        required: true
      password:
        description:
          - Password or token of the user.
        type: str
        required: true
"""
