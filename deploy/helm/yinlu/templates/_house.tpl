{{/* A StatefulSet of `yinlu run`. Takes a dict of root, part, values, replicas. Each pod has a data folder, so an index, of its own. */}}
{{- define "yinlu.house" -}}
{{- $root := .root -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "yinlu.name" $root }}-{{ .part }}
  labels: {{- include "yinlu.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .part }}
spec:
  replicas: {{ .replicas }}
  serviceName: {{ include "yinlu.name" $root }}-{{ .part }}-each
  # One after the other: the shards of one gateway are away while it comes again, all others go on.
  podManagementPolicy: OrderedReady
  updateStrategy: {type: RollingUpdate}
  selector:
    matchLabels: {{- include "yinlu.chosen" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "yinlu.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .part }}
      annotations:
        checksum/settings: {{ toJson (list $root.Values.settings $root.Values.secrets) | sha256sum }}
    spec:
      {{- include "yinlu.pod" (dict "root" $root "part" .part "grace" 30) | nindent 6 }}
      {{- if .values.topologySpread }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "yinlu.chosen" . | nindent 14 }}
      {{- end }}
      containers:
        - name: yinlu
          image: {{ include "yinlu.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          {{- include "yinlu.locked" $root | nindent 10 }}
          {{- if and (eq .part "gateway") $root.Values.gateways.shards }}
          command: ["/bin/sh", "-ec"]
          args:
            - |
              first=$((POD_INDEX * {{ $root.Values.gateways.shardsPerGateway }}))
              last=$((first + {{ $root.Values.gateways.shardsPerGateway }} - 1))
              most=$(({{ $root.Values.gateways.shards }} - 1))
              [ "$last" -le "$most" ] || last=$most
              export YINLU_DISCORD_SHARDS="$first-$last"
              exec yinlu run
          {{- else }}
          args: [run]
          {{- end }}
          {{- include "yinlu.settings" $root | nindent 10 }}
          env:
            - {name: YINLU_DATA, value: /data}
            - {name: YINLU_HOST, value: 0.0.0.0}
            - {name: YINLU_PORT, value: "8080"}
            - {name: YINLU_WORKERS, value: "0"}
            {{- if $root.Values.knowledge.enabled }}
            - {name: YINLU_KNOWLEDGE_URL, value: "http://{{ include "yinlu.name" $root }}-knowledge:8090"}
            {{- else if $root.Values.documents.claim }}
            - {name: YINLU_WATCH, value: "/documents={{ $root.Values.documents.community }}"}
            {{- end }}
            {{- if and $root.Values.ingress.enabled (eq .part (include "yinlu.front" $root)) }}
            - {name: YINLU_ALLOWED_HOSTS, value: {{ $root.Values.ingress.host }}}
            - {name: YINLU_BEHIND_PROXY, value: "true"}
            {{- end }}
            {{- if eq .part "api" }}
            # An empty one counts as not set: Discord's connections are the gateways'.
            - {name: YINLU_DISCORD_TOKEN, value: ""}
            {{- else if $root.Values.api.enabled }}
            - {name: YINLU_TELEGRAM_TOKEN, value: ""}
            - {name: YINLU_DOUYIN_APP_ID, value: ""}
            - {name: YINLU_DOUYIN_SECRET, value: ""}
            {{- end }}
            {{- if and (eq .part "gateway") $root.Values.gateways.shards }}
            - {name: YINLU_DISCORD_SHARD_COUNT, value: {{ $root.Values.gateways.shards | quote }}}
            - name: POD_INDEX
              valueFrom:
                fieldRef: {fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']"}
            {{- end }}
          ports:
            - {name: http, containerPort: 8080}
          # A sick database is no reason to restart a house: it waits for it. But nobody is sent to it meanwhile.
          startupProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 3
            failureThreshold: 100
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 15
            timeoutSeconds: 5
            failureThreshold: 4
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          lifecycle:
            preStop:
              exec: {command: ["sleep", "5"]} # until no new connection is sent here; then it drains for at most 10 s
          resources: {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /data}
            {{- if not $root.Values.files.bucket }}
            - {name: files, mountPath: /data/files}
            {{- end }}
            - {name: tmp, mountPath: /tmp}
            {{- if and $root.Values.documents.claim (not $root.Values.knowledge.enabled) }}
            - {name: documents, mountPath: /documents, readOnly: true}
            {{- end }}
      volumes:
        {{- if not $root.Values.files.bucket }}
        - name: files
          persistentVolumeClaim: {claimName: {{ include "yinlu.files" $root }}}
        {{- end }}
        - name: tmp
          emptyDir: {sizeLimit: 2Gi}
        {{- if and $root.Values.documents.claim (not $root.Values.knowledge.enabled) }}
        - name: documents
          persistentVolumeClaim: {claimName: {{ $root.Values.documents.claim }}, readOnly: true}
        {{- end }}
      {{- with .values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .values.storage.className }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .values.storage.size }}}}
{{- end }}
