{{- define "yinlu.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "yinlu.labels" -}}
app.kubernetes.io/name: yinlu
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The labels that choose a part's pods; they never change. Takes a dict of root and part. */}}
{{- define "yinlu.chosen" -}}
app.kubernetes.io/name: yinlu
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "yinlu.secret" -}}{{ .Values.existingSecret | default (include "yinlu.name" .) }}{{- end }}
{{- define "yinlu.files" -}}{{ .Values.files.existingClaim | default (printf "%s-files" (include "yinlu.name" .)) }}{{- end }}
{{- define "yinlu.image" -}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end }}

{{/* How many gateways hold the shards. */}}
{{- define "yinlu.gateways" -}}
{{- $each := int .Values.gateways.shardsPerGateway -}}
{{- if .Values.gateways.shards }}{{ div (add (int .Values.gateways.shards) (sub $each 1)) $each }}{{ else }}1{{ end -}}
{{- end }}

{{/* The part that serves the page. */}}
{{- define "yinlu.front" -}}{{ ternary "api" "gateway" .Values.api.enabled }}{{- end }}

{{/* How every pod runs. Takes a dict of root, part and grace (seconds). */}}
{{- define "yinlu.pod" -}}
automountServiceAccountToken: false
serviceAccountName: {{ include "yinlu.name" .root }}
# Kubernetes would set YINLU_PORT to an address for a service of this name, and the house refuses what it does not understand.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .grace }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "yinlu.locked" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "yinlu.settings" -}}
envFrom:
  - configMapRef: {name: {{ include "yinlu.name" . }}}
  - secretRef: {name: {{ include "yinlu.secret" . }}}
{{- end }}
