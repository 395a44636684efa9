# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A docker command with Compose for the scripted machine. Its Compose files are JSON, which is YAML, too."""

from __future__ import annotations

import hashlib
import json
import pathlib
import string
import subprocess

LABEL = "com.docker.compose."
PLUGINS = {"docker-compose", "docker-compose-v2", "docker-compose-plugin"}


def hash_of(service, *more):
    kept = {name: value for name, value in service.items() if name not in ("deploy", "scale", "profiles")}
    return hashlib.sha256(json.dumps([kept, *more], sort_keys=True).encode()).hexdigest()


class Docker:
    """``containers``: documents by id, as ``container inspect`` shows them; ``volumes``: projects by name.

    ``environments``: of each Compose command; ``ending``: by service, the status that its containers come to have;
    ``answer``: of ``compose up``, where it shall be another than what comes of that; ``refusing``: what Compose has
    against every file.
    """

    def __init__(self, machine):
        self.machine = machine
        self.containers, self.volumes = {}, {}
        self.environments, self.ending, self.answer, self.refusing = [], {}, None, ""
        self.logins = []  # the config.json of each up
        self.made = 0

    def __call__(self, command, env):
        words = command[1:]
        if words[0] != "compose":
            code, out, err = getattr(self, "_" + "_".join(words[:2]))(words[2:])
        elif not PLUGINS.intersection(self.machine.packages):
            code, out, err = 1, "", "docker: 'compose' is not a docker command."
        else:
            code, out, err = self._compose(words[1:], env)
        return subprocess.CompletedProcess(command, code, out, err)

    def of(self, project):
        """Ids of a project's containers."""
        return [key for key in self.containers if self.label(key, "project") == project]

    def label(self, key, name):
        return self.containers[key]["Config"]["Labels"][LABEL + name]

    def add(self, project, service, config_hash="h", status="running", **given):
        """A container, whoever makes it; its id."""
        self.made += 1
        labels = {"project": project, "service": service, "config-hash": config_hash}
        labels["oneoff"] = given.pop("oneoff", "False")
        labels.update({"project.working_dir": given.pop("directory", "/srv/" + project)})
        state = {"Status": status, "ExitCode": given.pop("exit_code", 0)}
        if "health" in given:
            state["Health"] = {"Status": given.pop("health")}
        policy = given.pop("restart", "no")
        self.containers["c%d" % self.made] = {
            "Id": "c%d" % self.made,
            "Name": "/%s-%s-1" % (project, service),
            "Config": {"Labels": {LABEL + name: value for name, value in labels.items()}},
            "State": state,
            "HostConfig": {"RestartPolicy": {"Name": policy}},
        }
        return "c%d" % self.made

    def set(self, key, status, exit_code=0):
        self.containers[key]["State"] = {"Status": status, "ExitCode": exit_code}

    def _container_ls(self, _words):
        if not self.machine.active:
            return 1, "", "Cannot connect to the Docker daemon"
        return 0, "".join("%s\n" % key for key in self.containers), ""

    def _container_inspect(self, words):
        return 0, json.dumps([self.containers[key] for key in words]), ""

    def _volume_ls(self, words):
        project = words[-1].rpartition("=")[2]
        return 0, "".join("%s\n" % name for name, owner in self.volumes.items() if owner == project), ""

    def _compose(self, words, env):
        if words[0] == "version":
            return 0, "2.26.1-4\n", ""
        self.environments.append(env)
        options = dict(zip(words, words[1:]))
        files = [words[index + 1] for index, word in enumerate(words) if word == "--file"]
        project, directory = options["--project-name"], pathlib.Path(options.get("--project-directory", "/nowhere"))
        model = {}
        for file in files:
            try:
                found = json.loads(string.Template(pathlib.Path(file).read_text()).safe_substitute(env))
            except ValueError:
                return 1, "", "yaml: %s: did not find expected node content" % file
            for part, entries in found.items():
                model.setdefault(part, {}).update(entries)
        if "down" in words:
            for key in self.of(project):
                del self.containers[key]
            if "--volumes" in words:
                self.volumes = {name: owner for name, owner in self.volumes.items() if owner != project}
            return 0, "", ""
        everything = model.get("services", {})
        active = {name: it for name, it in everything.items() if not it.get("profiles")}
        if self.refusing:
            return 1, "", self.refusing
        if "config" in words:
            return self._config(options, words, model, active, everything)
        return self._up(words, project, directory, active, env)

    @staticmethod
    def _config(options, words, model, active, everything):
        if "--hash" in options:
            return 0, "".join("%s %s\n" % (name, hash_of(it)) for name, it in active.items()), ""
        if "--services" in words:
            return 0, "".join("%s\n" % name for name in (everything if "--profile" in words else active)), ""
        return 0, json.dumps({**model, "services": active}) if "--format" in words else "", ""

    def _up(self, words, project, directory, active, env):
        self.machine.events.append("up " + project)
        if "DOCKER_CONFIG" in env:
            self.logins.append((pathlib.Path(env["DOCKER_CONFIG"]) / "config.json").read_text())
        chosen = words[words.index("--no-deps") + 1 :] if "--no-deps" in words else list(active)
        for name in chosen:
            service = active[name]
            read = [(directory / service["env_file"]).read_text()] if "env_file" in service else []
            wanted = hash_of(service, *read)  # as the real one, `config --hash` knows nothing of what is in an env_file
            count = (service.get("deploy") or {}).get("replicas", service.get("scale", 1))
            self._scale(project, name, wanted, count, service.get("restart", "no"), "--force-recreate" in words)
        if "--remove-orphans" in words:
            for key in self.of(project):
                if self.label(key, "service") not in active:
                    del self.containers[key]
        return self.answer or (0, "", "")

    def _scale(self, project, name, wanted, count, restart, anew):
        mine = [key for key in self.of(project) if self.label(key, "service") == name]
        for key in mine:
            if anew or self.label(key, "config-hash") != wanted or mine.index(key) >= count:
                del self.containers[key]
            elif self.containers[key]["State"]["Status"] != "paused":
                self.set(key, "running")
        for _number in range(count - len([key for key in mine if key in self.containers])):
            self.add(project, name, wanted, restart=restart)
        for key in self.of(project):
            if self.label(key, "service") == name and name in self.ending:
                self.set(key, *self.ending[name])
