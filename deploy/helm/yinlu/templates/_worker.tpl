{{/* A Deployment of `yinlu worker`. Takes a dict of root, part, values, image. */}}
{{- define "yinlu.worker" -}}
{{- $root := .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "yinlu.name" $root }}-{{ .part }}
  labels: {{- include "yinlu.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .part }}
spec:
  {{- if not .values.autoscaling.enabled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 1, maxSurge: {{ ternary 0 1 (eq .part "gpu-worker") }}}
  selector:
    matchLabels: {{- include "yinlu.chosen" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "yinlu.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .part }}
      annotations:
        checksum/settings: {{ toJson (list $root.Values.settings $root.Values.secrets) | sha256sum }}
    spec:
      # A running job may end; what takes longer goes back to the queue, and another worker makes it.
      {{- include "yinlu.pod" (dict "root" $root "part" .part "grace" (add (int .values.drain) 20)) | nindent 6 }}
      containers:
        # It has no port to ask: a worker that hangs loses its lease, and another one makes the job.
        - name: worker
          image: {{ .image }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          {{- include "yinlu.locked" $root | nindent 10 }}
          args:
            - worker
            - --drain
            - {{ .values.drain | quote }}
            {{- with .values.kinds }}
            - --kinds
            - {{ . | quote }}
            {{- end }}
          {{- include "yinlu.settings" $root | nindent 10 }}
          env:
            - {name: YINLU_DATA, value: /data}
            {{- if .values.models }}
            - {name: YINLU_PICTURE_MAKER, value: diffusers}
            - {name: YINLU_PICTURE_FOLDER, value: {{ .values.models.folder }}}
            {{- end }}
          resources: {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /data}
            {{- if not $root.Values.files.bucket }}
            - {name: files, mountPath: /data/files}
            {{- end }}
            - {name: tmp, mountPath: /tmp}
            {{- if and .values.models .values.models.claim }}
            - {name: models, mountPath: /models, readOnly: true}
            {{- end }}
      volumes:
        - name: data
          emptyDir: {sizeLimit: 1Gi}
        - name: tmp
          emptyDir: {sizeLimit: 4Gi}
        {{- if not $root.Values.files.bucket }}
        - name: files
          persistentVolumeClaim: {claimName: {{ include "yinlu.files" $root }}}
        {{- end }}
        {{- if and .values.models .values.models.claim }}
        - name: models
          persistentVolumeClaim: {claimName: {{ .values.models.claim }}, readOnly: true}
        {{- end }}
      {{- with .values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
{{- if .values.autoscaling.enabled }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "yinlu.name" $root }}-{{ .part }}
  labels: {{- include "yinlu.labels" $root | nindent 4 }}
spec:
  scaleTargetRef: {name: {{ include "yinlu.name" $root }}-{{ .part }}}
  pollingInterval: 15
  cooldownPeriod: 600
  minReplicaCount: {{ .values.autoscaling.min }}
  maxReplicaCount: {{ .values.autoscaling.max }}
  fallback: {failureThreshold: 4, replicas: {{ max 1 .values.autoscaling.min }}}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: 300
          policies: [{type: Pods, value: 1, periodSeconds: 60}]
  triggers:
    - type: prometheus
      metadata:
        serverAddress: {{ $root.Values.prometheus.address }}
        # Every gateway tells the same figure of the shared queue, so the greatest of each lane, and the lanes added up. What runs
        # counts as a worker's share, so that nobody is sent home amid a job.
        query: >-
          sum(max by (lane) (yinlu_queue_waiting_cost{namespace="{{ $root.Release.Namespace }}"}))
          + {{ .values.autoscaling.costPerWorker }} * sum(max by (lane) (yinlu_queue_running_jobs{namespace="{{ $root.Release.Namespace }}"}))
        threshold: {{ .values.autoscaling.costPerWorker | quote }}
        activationThreshold: "0"
{{- end }}
{{- end }}
