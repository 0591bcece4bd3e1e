# Strowger: one static binary, run by a user without rights.
#
#   docker build -t strowger .
#   docker run --network host -v ./configs:/etc/strowger:ro -v strowger:/data strowger
#
# The host's network is meant: a relay that gives each call its own ports is not
# helped by a second layer of address translation. The configuration names /data
# as its state folder.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/strowger ./cmd/strowger
RUN mkdir -p bin/data

FROM scratch
COPY --from=build /src/bin/strowger /usr/local/bin/strowger
COPY --from=build --chown=65532:65532 /src/bin/data /data
USER 65532:65532
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s \
  CMD ["/usr/local/bin/strowger", "status", "--config", "/etc/strowger/strowger.hcl"]
ENTRYPOINT ["/usr/local/bin/strowger"]
CMD ["serve", "--config", "/etc/strowger/strowger.hcl"]
