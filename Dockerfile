# The version of Node is the one that the fence around threads of cron jobs was tried on.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
# What changes seldom first: as long as the lock file stays, the packages come from the cache of layers.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY build ./build
COPY kernel ./kernel
COPY plugins ./plugins
COPY seeds ./seeds
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund
# The app runs as another user, who may read these however strict the umask is that they were cloned with.
RUN chmod -R a+rX package.json plugins seeds
RUN ln -s ../../dist/kernel/main.js node_modules/.bin/m3saas

FROM node:20.20.2-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Whichever user the container runs as may write here, and nowhere else. A named volume takes the mode over.
RUN install -d -m 1777 backups data secrets
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/dist ./dist
COPY --from=build /app/plugins ./plugins
COPY --from=build /app/seeds ./seeds
# A user that the system does not know has no home of its own, and packages ask for it.
ENV NODE_ENV=production HOME=/tmp HOST=0.0.0.0 PORT=3000 M3SAAS_ROOT=/app PATH=/app/node_modules/.bin:$PATH
LABEL org.opencontainers.image.title=M3SaaS \
      org.opencontainers.image.description="One API for many customers" \
      org.opencontainers.image.licenses=MIT
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["m3saas", "start"]
