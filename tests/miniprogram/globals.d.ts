declare function require(name: string): any;
declare const module: { exports: any };
declare function clearTimeout(id: unknown): void;
declare function clearInterval(id: unknown): void;
