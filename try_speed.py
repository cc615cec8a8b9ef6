import json,gzip,time,io,sys
import numpy as np, polars as pl, pyarrow as pa
from try_json import *
rows=[json.loads(l) for l in gzip.open('/work/shared/data/alpaca_eval_gpt4_judged.jsonl.gz')][:8000] if 0 else None
src=[json.loads(l) for l in gzip.open('/work/shared/data/hh_rlhf_harmless_base_test.jsonl.gz')]
out=[]
for r in src*4:
    i=r['chosen'].rfind('\n\nAssistant:')
    out.append(json.dumps({"prompt":r['chosen'][:i]*2,"chosen":r['chosen']*2,"rejected":r['rejected']*2}))
block=("\n".join(out)+"\n").encode()
print(len(block)/1e6,"MB",len(out),"rows",len(block)/len(out))
F=["prompt","chosen","rejected"]
run(block[:block.index(b"\n")+1],F)
def cpu(f,n=3):
    best=9
    for _ in range(n):
        a=time.process_time(); f(); best=min(best,time.process_time()-a)
    return best
size=len(block)
raw=np.full((size+23)//8*8,32,np.uint8); raw[:size]=np.frombuffer(block,np.uint8)
marks=np.empty(size+2,np.int64)
w=raw.view(np.uint64)
t1=cpu(lambda: mark(w,marks)); n=mark(w,marks); marks[n]=size; marks[n+1]=size+1
flat=np.frombuffer(b"promptchosenrejected",np.uint8); bounds=np.array([0,6,12,20])
L=len(out); texts=np.empty((3,size),np.uint8); offsets=np.zeros((3,L+1),np.int64); spans=np.empty((L,1,2),np.int64); lines=np.empty(L,np.int64); others=np.empty((L,3),np.int64)
t2=cpu(lambda: read(raw,size,marks,flat,bounds,texts,offsets,spans,lines,others))
print("marks",n/L,"a row; mark us/row",t1/L*1e6,"read us/row",t2/L*1e6, "MB/s", size/1e6/(t1+t2))
t3=cpu(lambda: pl.read_ndjson(io.BytesIO(block)))
print("polars us/row",t3/L*1e6)
from prefdata.io.containers.fast_json import text_reader
rd=text_reader(tuple(F),F)
B=[]
import itertools
ls=block.splitlines(keepends=True)
for i in range(0,len(ls),1000): B.append(b"".join(ls[i:i+1000]))
t4=cpu(lambda:[rd.read(b,lambda s:False) for b in B])
print("now us/row",t4/L*1e6)
